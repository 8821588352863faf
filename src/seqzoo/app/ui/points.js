// Handles over the values of a chart: drag one, or focus it and use the arrow keys.
export default {
  template: `<div class="points" :class="{dense: shown.length > 60}" role="group" :aria-label="label">
    <div v-for="(value, n) in shown" :key="n" class="point" role="slider" :class="{held: n === held}"
      :tabindex="n === current ? 0 : -1" :aria-label="'value ' + (n + 1) + ' of ' + shown.length"
      aria-orientation="vertical" :aria-valuenow="round(value)" :aria-valuemin="round(-limit)" :aria-valuemax="round(limit)"
      :style="at[n] ? {left: at[n][0] + 'px', top: at[n][1] + 'px'} : {display: 'none'}"
      @pointerdown="grab(n, $event)" @pointermove="move(n, $event)" @pointerup="release" @pointercancel="release"
      @keydown="key(n, $event)" @focus="current = n"></div>
  </div>`,
  props: { chart: Number, values: Array, places: Array, step: Number, limit: Number, label: String },
  data() {
    return { shown: [...this.values], at: [], held: null, current: this.values.length - 1 };
  },
  created() {
    this.moved = -Infinity;
  },
  mounted() {
    this.follow();
  },
  unmounted() {
    this.gone = true;
  },
  watch: {
    values(now) {
      // An answer to an earlier move must not undo a later one, unless it brings another window.
      const n = this.held ?? (performance.now() - this.moved < 500 ? this.current : null);
      const isAnswer = n !== null && this.shown.length === now.length &&
        now.every((value, m) => m === n || Math.abs(value - this.shown[m]) < this.step / 50);
      this.shown = now.map((value, m) => (isAnswer && m === n ? this.shown[m] : value));
      this.current = Math.min(this.current, now.length - 1);
      this.place();
    },
  },
  methods: {
    round(value) {
      return Number(value.toPrecision(6)).toString();
    },
    plot() {
      return getElement(this.chart)?.chart;
    },
    follow() {
      if (this.gone) return;
      if (!this.plot()) return setTimeout(() => this.follow(), 20);
      this.plot().on("rendered", () => this.place());
      this.place();
    },
    place() {
      const plot = this.plot();
      if (!plot?.getModel()?.getComponent("xAxis")) return; // nothing is drawn yet; getOption would copy everything
      const L = this.shown.length;
      const at = this.shown.map((value, n) => plot.convertToPixel({ gridIndex: 0 }, [this.places?.[n] ?? n + 1 - L, value]));
      if (JSON.stringify(at) !== JSON.stringify(this.at)) this.at = at;
    },
    change(n, value) {
      this.shown[n] = Math.max(-this.limit, Math.min(this.limit, value));
      this.moved = performance.now();
      this.settle();
      this.place();
      this.$emit("move", { index: n, value: this.shown[n] });
    },
    settle() {
      // The server may round or clamp the value.
      clearTimeout(this.settling);
      this.settling = setTimeout(() => {
        if (this.gone || this.held !== null) return;
        this.shown = [...this.values];
        this.place();
      }, 1500);
    },
    grab(n, event) {
      if (event.button !== 0) return;
      event.preventDefault();
      event.target.setPointerCapture(event.pointerId);
      event.target.focus({ preventScroll: true });
      this.held = this.current = n;
      this.offset = event.clientY - this.at[n][1];
    },
    move(n, event) {
      if (this.held !== n) return;
      const [, value] = this.plot().convertFromPixel({ gridIndex: 0 }, [this.at[n][0], event.clientY - this.offset]);
      this.change(n, value);
    },
    release() {
      this.held = null;
      this.settle();
    },
    key(n, event) {
      const moves = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
      const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
      if (!(event.key in moves || event.key in steps)) return;
      event.preventDefault();
      if (event.key in moves) return this.change(n, this.shown[n] + moves[event.key] * this.step);
      this.current = Math.max(0, Math.min(this.shown.length - 1, n + steps[event.key]));
      this.$nextTick(() => this.$el.children[this.current].focus());
    },
  },
};
