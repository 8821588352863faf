// The handles of pages/js/points.js over a chart of ECharts, whose values the server may change.
export default {
  template: '<div class="points" role="group" :aria-label="label"></div>',
  props: { modules: String, chart: Number, values: Array, places: Array, step: Number, limit: Number, label: String },
  created() {
    this.shown = [...this.values];
    this.last = { n: null, at: -Infinity }; // the latest move
  },
  async mounted() {
    const { handles } = await import(`${this.modules}pages/js/points.js`);
    if (this.gone) return;
    this.handles = handles(this.$el, (n, value) => {
      this.shown[n] = value;
      this.last = { n, at: performance.now() };
      this.settle();
      this.place();
      this.$emit("move", { index: n, value });
    });
    this.follow();
  },
  unmounted() {
    this.gone = true;
    clearTimeout(this.settling);
  },
  watch: {
    values(now) {
      // An answer to an earlier move must not undo a later one, unless it brings another window.
      const n = this.handles?.held ?? (performance.now() - this.last.at < 500 ? this.last.n : null);
      const isAnswer = n !== null && this.shown.length === now.length &&
        now.every((value, m) => m === n || Math.abs(value - this.shown[m]) < this.step / 50);
      this.shown = now.map((value, m) => (isAnswer && m === n ? this.shown[m] : value));
      this.place();
    },
  },
  methods: {
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
      if (!this.handles || !plot?.getModel()?.getComponent("xAxis")) return; // nothing is drawn yet; getOption would copy everything
      const L = this.shown.length;
      this.handles.show(this.shown, {
        place: (n, value) => plot.convertToPixel({ gridIndex: 0 }, [this.places?.[n] ?? n + 1 - L, value]).map((at) => `${at}px`),
        up: (y) => plot.convertFromPixel({ gridIndex: 0 }, [0, y])[1],
        step: this.step, limit: this.limit,
      });
    },
    settle() {
      // The server may round or clamp the value.
      clearTimeout(this.settling);
      this.settling = setTimeout(() => {
        if (this.gone) return;
        if (this.handles.held !== null) return void this.settle();
        this.shown = [...this.values];
        this.place();
      }, 1500);
    },
  },
};
