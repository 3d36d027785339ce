// The tab "Look inside": activations, gradients, weights, evidence; any number unfolds.
import type { Drawing } from "./draw";
import { button, latest, make, replaced } from "./element";
import { Evidence } from "./evidence";
import { Grid } from "./grid";
import { type Lab, type Loaded, newest } from "./lab";
import { type Layer, layers, reader } from "./layers";
import { layout } from "./maps";
import { called, type Graph } from "./numbers";
import { Unfold, where } from "./unfold";
import { Weights } from "./weights";

const mostMaps = 32, every = 1500; // milliseconds between two questions about a net that learns: it has the cores, too

export function mount(element: HTMLElement, lab: Lab, drawing: Drawing): void {
  let asked = -Infinity, graph: Graph | null = null, graphOf = "", made: Loaded | null = null, grids: { layer: Layer; grid: Grid; item: HTMLElement }[] = [];
  const unfold = new Unfold(lab, () => graph);
  const open = (node: number, index: number, gradient = false): void => {
    unfold.open({ node, index, gradient });
    if (matchMedia("(max-width: 999px)").matches) unfold.element.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };
  const weights = new Weights(lab, () => graph, (node, index) => open(node, index, lab.label >= 0));
  const evidence = new Evidence(lab, (i) => { if (graph) open(graph.image, i); });
  const label = make("select", { id: "label" }), what = make("select", { id: "what" }), about = make("select", { id: "about" });
  const list = make("div", { className: "layerlist" }), ends = make("p", { className: "ends" });
  what.append(new Option("their values", "values"), new Option("the loss’s gradient", "gradients"));
  const ask = make("p", { className: "asks" }, make("label", { htmlFor: "label" }, "The drawing is a"), " ", label, make("label", { htmlFor: "what" }, "Show"), " ", what);
  const layersAt = make("div", { className: "column" }, make("h2", {}, "What the layers make of it"), make("p", { className: "note" }, "Strong ink is a high number; where there are numbers below zero, those are blue and the others orange. Each layer has a scale of its own. Click a number, and the sum that made it unfolds."), ask, ends, list);
  const side = make("div", { className: "column side" }, unfold.element);
  const evidenceAt = make("section", { className: "wide" }, make("h2", {}, "What speaks for it"), make("p", { className: "asks" }, make("label", { htmlFor: "about" }, "Ask about"), " ", about), evidence.element);
  const all = make("div", { hidden: true }, make("div", { className: "columns" }, layersAt, side), evidenceAt, make("section", { className: "wide" }, make("h2", {}, "The weights"), weights.element));
  const why = make("p", { className: "said" }), train = make("p", { className: "orders" }, button("Start a training", () => document.getElementById("tab-train")!.click()));
  why.setAttribute("role", "status");
  element.append(why, train, all);

  label.addEventListener("change", () => { lab.label = Number(label.value); });
  what.addEventListener("change", () => { lab.address.set({ show: what.value === "values" ? null : what.value }); void fresh(); });
  about.addEventListener("change", () => { about.dataset["chosen"] = "1"; void fresh(); });

  /** arrange makes the parts that depend on which net it is. */
  function arrange(net: Loaded): void {
    made = net;
    label.replaceChildren(new Option("(not said)", "-1"), ...net.classes.map((c, k) => new Option(c, String(k))));
    about.replaceChildren(...net.classes.map((c, k) => new Option(c, String(k))));
    label.value = String(lab.label);
    const { channels, height, width } = net.program.input;
    const all: Layer[] = [{ value: 0, node: net.nodes[0]!, shape: [channels, height, width], name: "image", what: "the pixels as numbers", last: true }, ...layers(net)];
    grids = all.map((layer) => {
      const maps = layer.shape.length === 3, n = maps ? layer.shape[0]! : 1, across = maps ? (n === 1 ? 1 : 8) : layer.shape[0]! > 16 ? 16 : layer.shape[0]!;
      const l = layout(layer.shape, across, maps ? mostMaps : Infinity), room = Math.min(element.clientWidth - 8, 592);
      const times = Math.max(1, Math.min(Math.floor(room / l.width), maps ? (n === 1 ? 8 : Math.ceil(56 / layer.shape[2]!)) : 24));
      const grid = new Grid(l, times, layer.name, (i) => (graph ? called(graph, net, { node: layer.node, name: layer.name, index: i, place: where(layer.shape, i) }) : `${layer.name} ${i}`),
        (i) => open(layer.node, i, what.value === "gradients"));
      const before = layer.last || layer.name === "logits" ? "" : ", before it is bent", text = make("div", {}, make("b", {}, layer.name + before), make("p", { className: "note" }, `${layer.what}: ${maps ? `${n === 1 ? "" : `${n} maps of `}${layer.shape[1]} × ${layer.shape[2]}${n > mostMaps ? `, ${mostMaps} shown` : ""}` : `${layer.shape[0]} numbers`}`));
      const item = make("div", { className: "layer" }, text, grid.element);
      item.dataset["layer"] = String(layer.value);
      return { layer, grid, item };
    });
    list.replaceChildren(...grids.map((g) => g.item));
  }

  /** empty says why there are no layers, where there are none. */
  function empty(): void {
    all.hidden = lab.net === null;
    train.hidden = lab.net !== null || lab.subject !== null;
    why.hidden = lab.net !== null;
    replaced(why, lab.problem || (lab.subject ? "The first weights are on their way: the layers stand here when they have come." : "No net is there yet. Start a training, or open a model file."));
  }

  /** values paints the layers from the net in the browser: no question leaves the page. */
  function values(): void {
    const net = lab.net;
    if (element.hidden) return;
    empty();
    if (!net) return;
    if (net !== made) arrange(net);
    if (what.value !== "values") return;
    for (const { layer, grid } of grids) {
      const all = net.net.values[layer.value]!, read = reader(net, layer);
      if (lab.image) grid.show(read, all);
      else grid.show(() => 0, [0]);
    }
  }

  /** fresh asks the lab for what the browser does not know: the graph, gradients, sums. */
  const fresh = latest(async () => {
    const net = lab.net;
    asked = performance.now();
    if (element.hidden || !net) return;
    values();
    const gradients = what.options[1]!;
    gradients.disabled = lab.label < 0;
    if (lab.label < 0 && what.value === "gradients") what.value = "values";
    if (!about.dataset["chosen"] && drawing.answer) about.value = String(drawing.answer.best);
    try {
      const key = `${net.subject.run ?? net.subject.model}/${net.name}/${lab.label >= 0}`;
      if (lab.image && graphOf !== key) {
        graph = await lab.post<Graph>(`/api/graph?${lab.query(net.subject, { label: lab.label })}`, lab.image);
        graphOf = key;
      }
      end(net);
      await unfold.show();
      if (!lab.image) return;
      if (what.value === "gradients") {
        for (const { layer, grid } of grids) {
          const { values: d } = await lab.floats(`/api/values?${lab.query(net.subject, { node: layer.node, label: lab.label, gradient: 1 })}`, lab.image);
          grid.show((i) => d[i] ?? 0, d, true);
        }
      }
      await weights.show();
      await evidence.show(Number(about.value));
    } catch (e) {
      ends.replaceChildren(make("span", { className: "note" }, (e as Error).message));
    }
  });

  /** end offers what stands at the end of the net: probabilities, and the loss. */
  function end(net: Loaded): void {
    if (!lab.drawn) return ends.replaceChildren(make("span", { className: "note" }, "Draw something first."));
    if (!graph || !lab.image || !drawing.answer) return ends.replaceChildren(make("span", { className: "note" }, "The numbers are on their way …"));
    const g = graph, k = drawing.answer.best, b = (text: string, node: number, index: number) => {
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => open(node, index));
      return button;
    };
    const had = ends.contains(document.activeElement);
    ends.replaceChildren("Unfold ", b(`the logit of ${net.classes[k]}`, g.logits, k), " ", b(`its probability`, g.probabilities, k), ...(g.loss >= 0 ? [" ", b("the loss", g.loss, 0)] : []));
    if (had) ends.querySelector("button")?.focus();
  }

  let resting = 0;
  /** rest asks when the visitor's hand rests. */
  const rest = (wait = 150): void => {
    if (element.hidden) return;
    values();
    clearTimeout(resting);
    resting = window.setTimeout(() => { resting = 0; void fresh(); }, wait);
  };
  /** learned asks about other weights: every now and then, while they come more often. */
  const learned = (): void => {
    const s = lab.subject;
    if (s?.step !== newest || lab.state.runs.find((r) => r.run === s.run)?.state !== "running") return rest();
    if (resting) values();
    else rest(Math.max(150, asked + every - performance.now()));
  };
  lab.on("image", () => requestAnimationFrame(() => rest()));
  lab.on("net", () => requestAnimationFrame(learned));
  for (const what of ["state", "subject"] as const) lab.on(what, empty);
  lab.on("label", () => { label.value = String(lab.label); rest(); });
  lab.on("theme", () => rest());
  element.addEventListener("show", () => {
    rest();
    const at = lab.address.get("layer");
    if (at) element.querySelector(`[data-layer="${at}"]`)?.scrollIntoView({ block: "center" });
    lab.address.set({ layer: null });
  });
}
