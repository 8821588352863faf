// The pages of the app: a component of NiceGUI. Facts and state arrive as props, and later changes by `told`. The event
// `look` reports the window, the view, and the number `told` of the facts that they are of. NiceGUI serves this file;
// the other modules are at the address `modules`.
export default {
  template: "<div></div>",
  props: { modules: String, weights: String, facts: Object },
  created() {
    this.known = JSON.parse(JSON.stringify(this.facts)); // a copy, because Vue would watch every number
    this.followers = new Map();
  },
  async mounted() {
    let parts;
    try {
      parts = await Promise.all([
        import(`${this.modules}js/pair.js`),
        import(`${this.modules}hosts/fetched.js`),
        import(`${this.modules}js/core.js`),
        import(`${this.modules}hosts/fetched.js`).then(({ styled }) => styled(`${this.modules}js/microscope.css`)),
      ]);
    } catch (error) {
      this.$el.setAttribute("role", "alert");
      this.$el.textContent = `The microscope cannot be loaded: ${error.message}. Reload the page.`;
      return;
    }
    if (this.gone) return; // the view was closed meanwhile
    const [{ pair }, { fetched }, { coreOfPage }] = parts;
    this.close = pair(this.$el, {
      get: (name) => this.known[name],
      weights: () => fetched(this.weights),
      core: () => coreOfPage(() => fetched(`${this.modules}js/core.wasm`)),
      fetch: fetched,
      filmed: (step) => this.$emit("frame", step),
      tell: (window, view) => {
        Object.assign(this.known, { window, view });
        this.$emit("look", { window, view, told: this.known.told });
      },
      listen: (name, follow) => {
        this.followers.set(name, follow);
        return () => this.followers.delete(name);
      },
    });
  },
  unmounted() {
    this.gone = true;
    this.close?.();
  },
  methods: {
    /** Stores facts that Python computed. */
    told(changes) {
      Object.assign(this.known, changes);
      for (const name of Object.keys(changes)) this.followers.get(name)?.();
    },
  },
};
