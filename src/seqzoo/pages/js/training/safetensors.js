// A file of weights that `safetensors.torch.load_file` reads; names and shapes are those of a bundle's weights.

/** The bytes of tensors { name: { shape, data: Float32Array } } and of what is known about them. */
export function safetensors(tensors, about = {}) {
  let end = 0;
  const header = { __metadata__: Object.fromEntries(Object.entries(about).map(([key, value]) => [key, String(value)])) };
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, (end += 4 * data.length)] };
  }
  const text = JSON.stringify(header);
  const words = new TextEncoder().encode(text.padEnd(8 * Math.ceil(text.length / 8)));
  const bytes = new Uint8Array(8 + words.length + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(words.length), true);
  bytes.set(words, 8);
  let at = 8 + words.length;
  for (const { data } of Object.values(tensors)) for (const value of data) {
    view.setFloat32(at, value, true);
    at += 4;
  }
  return bytes;
}
