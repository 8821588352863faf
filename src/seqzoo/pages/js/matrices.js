// Products and bases of matrices, as Float64Array [rows * cols], row by row.

/** out [m, n] = a [m, k] times the transpose of b [n, k]; with `lower`, for a symmetric product, only half is computed. */
export function timesTransposed(a, b, m, n, k, out = new Float64Array(m * n), lower = false) {
  for (let i = 0; i < m; i += 3) {
    for (let j = 0; j < n; j += 3) {
      if (lower && j > i) break;
      if (i + 3 > m || j + 3 > n) {
        for (let r = i; r < Math.min(i + 3, m); r++) {
          for (let c = j; c < Math.min(j + 3, n); c++) out[r * n + c] = dot(a, r * k, b, c * k, k);
        }
        continue;
      }
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0, s8 = 0;
      let p = i * k, u = j * k;
      const q = p + k, r = q + k, v = u + k, w = v + k;
      for (let l = 0; l < k; l++) {
        const a0 = a[p + l], a1 = a[q + l], a2 = a[r + l], b0 = b[u + l], b1 = b[v + l], b2 = b[w + l];
        s0 += a0 * b0; s1 += a0 * b1; s2 += a0 * b2;
        s3 += a1 * b0; s4 += a1 * b1; s5 += a1 * b2;
        s6 += a2 * b0; s7 += a2 * b1; s8 += a2 * b2;
      }
      p = i * n + j;
      u = p + n;
      out[p] = s0; out[p + 1] = s1; out[p + 2] = s2;
      out[u] = s3; out[u + 1] = s4; out[u + 2] = s5;
      out[u + n] = s6; out[u + n + 1] = s7; out[u + n + 2] = s8;
    }
  }
  if (lower) for (let i = 0; i < m; i++) for (let j = i + 1; j < n; j++) out[i * n + j] = out[j * n + i];
  return out;
}

export function dot(a, from, b, at, count) {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, l = 0; // four sums, which need not wait for one another
  for (; l + 3 < count; l += 4) {
    s0 += a[from + l] * b[at + l];
    s1 += a[from + l + 1] * b[at + l + 1];
    s2 += a[from + l + 2] * b[at + l + 2];
    s3 += a[from + l + 3] * b[at + l + 3];
  }
  for (; l < count; l++) s0 += a[from + l] * b[at + l];
  return s0 + s1 + (s2 + s3);
}

/** The transpose [n, m] of a [m, n]. */
export function transposed(a, m, n, out = new Float64Array(m * n)) {
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j];
  return out;
}

/** The rows of a [m, n], in another order. */
export function inOrder(a, order, n) {
  const out = new Float64Array(a.length);
  order.forEach((row, at) => out.set(a.subarray(row * n, (row + 1) * n), at * n));
  return out;
}

/** Orthonormal rows [n, n] of which the first k span those of a [m, n], for each k up to m, by Householder's reflections. */
export function orthonormal(a, m, n) {
  const rows = Float64Array.from(a);
  const scales = new Float64Array(m);
  for (let k = 0; k < m; k++) {
    const at = k * n + k;
    const size = Math.sqrt(dot(rows, at, rows, at, n - k));
    if (size === 0) continue;
    const first = rows[at] + (rows[at] < 0 ? -size : size);
    rows[at] = 1;
    for (let l = 1; l < n - k; l++) rows[at + l] /= first;
    scales[k] = 2 / dot(rows, at, rows, at, n - k);
    reflect(rows, k, scales[k], rows, k + 1, m, n);
  }
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let k = m - 1; k >= 0; k--) reflect(rows, k, scales[k], q, k, n, n);
  return q;
}

/** Reflects rows of a target by row k of `by`, from its place k on; four rows at a time, which read it once. */
function reflect(by, k, scale, target, first, last, n) {
  for (let row = first; row < last; row += 4) {
    const count = Math.min(4, last - row);
    let p = row * n + k;
    if (count < 4) {
      for (let r = 0; r < count; r++, p += n) {
        const factor = scale * dot(by, k * n + k, target, p, n - k);
        for (let l = 0; l < n - k; l++) target[p + l] -= factor * by[k * n + k + l];
      }
      return;
    }
    const q = p + n, r = q + n, s = r + n, v = k * n + k, width = n - k;
    let f0 = 0, f1 = 0, f2 = 0, f3 = 0;
    for (let l = 0; l < width; l++) {
      const x = by[v + l];
      f0 += x * target[p + l]; f1 += x * target[q + l]; f2 += x * target[r + l]; f3 += x * target[s + l];
    }
    f0 *= scale; f1 *= scale; f2 *= scale; f3 *= scale;
    for (let l = 0; l < width; l++) {
      const x = by[v + l];
      target[p + l] -= f0 * x; target[q + l] -= f1 * x; target[r + l] -= f2 * x; target[s + l] -= f3 * x;
    }
  }
}

/** The eigenvalues [n] of a symmetric matrix [n, n], largest first, and its eigenvectors as rows, by Jacobi's rotations. */
export function eigen(a, n) {
  const rotate = (of, p, q, stride, c, s) => {
    for (let l = 0; l < n; l++, p += stride, q += stride) [of[p], of[q]] = [c * of[p] - s * of[q], s * of[p] + c * of[q]];
  };
  const rest = Float64Array.from(a);
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows[i * n + i] = 1;
  const total = dot(rest, 0, rest, 0, n * n);
  for (let sweep = 0, off = Infinity; sweep < 30 && off > 1e-28 * total; sweep++) {
    off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const x = rest[p * n + q];
        off += x * x;
        if (x === 0) continue;
        const y = (rest[q * n + q] - rest[p * n + p]) / (2 * x);
        const t = (y < 0 ? -1 : 1) / (Math.abs(y) + Math.sqrt(1 + y * y));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(rest, p, q, n, c, t * c);
        for (const each of [rest, rows]) rotate(each, p * n, q * n, 1, c, t * c);
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => rest[j * n + j] - rest[i * n + i]);
  return { values: order.map((i) => rest[i * n + i]), vectors: inOrder(rows, order, n) };
}
