// A view of pages/js as a component of NiceGUI. Facts and state arrive as props, and later changes by `told`. The event `look`
// reports the view and the number `told` of the facts that it is of; `ask` asks for a forecast or for slopes, which `answered` brings.
// What stands in the slot goes where the view has a place for it, else to the end of the view's last column.
const PAUSE = 50; // ms between two reports

export default {
  template: '<div><div class="stack pv-slot"><slot></slot></div></div>',
  props: { modules: String, name: String, weights: String, partner: String, facts: Object },
  created() {
    this.known = JSON.parse(JSON.stringify(this.facts)); // a copy, because Vue would watch every number
    this.followers = new Map();
    this.asked = new Map();
    this.number = 0; // of the latest forecast that was asked for
  },
  async mounted() {
    const at = (path) => `${this.modules}${path}`;
    const slot = this.$el.querySelector(".pv-slot");
    let parts;
    try {
      parts = await Promise.all([
        import(at(`pages/js/${this.name}.js`)),
        import(at("microscope/hosts/fetched.js")),
        import(at("microscope/js/core.js")),
        import(at("microscope/hosts/fetched.js")).then(({ styled }) => styled(at("pages/js/views.css"))),
      ]);
    } catch (error) {
      this.$el.setAttribute("role", "alert");
      this.$el.textContent = `The view cannot be loaded: ${error.message}. Reload the page.`;
      return;
    }
    if (this.gone) return; // the view was closed meanwhile
    const [ways, { fetched }, { coreOfPage }] = parts;
    const place = document.createElement("div");
    this.$el.prepend(place); // what it says while it loads, or fails to, stands before the slot
    this.close = ways[this.name](place, {
      get: (name) => this.known[name],
      weights: () => fetched(this.weights),
      partner: this.partner ? () => fetched(this.partner) : null,
      core: () => coreOfPage(() => fetched(at("microscope/js/core.wasm"))),
      forecast: (window, steps) => this.answer({ window, steps }),
      slopes: (window, steps, off) => this.answer({ window, steps, off }),
      tell: (_, view) => {
        this.known.view = view;
        this.waiting ??= setTimeout(() => { // the page does not wait for the server
          this.waiting = undefined;
          this.$emit("look", { view: this.known.view, told: this.known.told });
        }, PAUSE);
      },
      listen: (name, follow) => {
        this.followers.set(name, follow);
        return () => this.followers.delete(name);
      },
      ready: () => (place.querySelector("[data-slot]") ?? place.querySelector(".pv-view > .stack:last-child")).append(slot),
    });
  },
  unmounted() {
    this.gone = true;
    clearTimeout(this.waiting);
    this.close?.();
  },
  methods: {
    /** A promise of what the server computes. */
    answer(question) {
      return new Promise((resolve, reject) => {
        this.asked.set(++this.number, [resolve, reject]);
        this.$emit("ask", { number: this.number, ...question });
      });
    },
    /** Stores facts that Python computed. */
    told(changes) {
      if ("view" in changes) { // what was to be reported is of another window
        clearTimeout(this.waiting);
        this.waiting = undefined;
      }
      Object.assign(this.known, changes);
      for (const name of Object.keys(changes)) this.followers.get(name)?.();
    },
    /** Takes what was asked for, or why there is none. */
    answered(number, answer, reason) {
      const [resolve, reject] = this.asked.get(number) ?? [];
      this.asked.delete(number);
      if (answer) resolve?.(answer);
      else reject?.(new Error(reason));
    },
  },
};
