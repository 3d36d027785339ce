// What in the drawing speaks for a class, as package explain finds it.
import { make } from "./element";
import { Grid } from "./grid";
import type { Lab } from "./lab";
import { layout } from "./maps";

export class Evidence {
  readonly element = make("div", { className: "evidence" });
  private of = "";
  private grids: [Grid, Grid] | null = null;

  constructor(private readonly lab: Lab, private readonly choose: (pixel: number) => void) {}

  /** show is about one class. */
  async show(of: number): Promise<void> {
    const { lab } = this, net = lab.net, image = lab.image;
    if (!net || !image) return;
    const { height, width } = net.program.input, key = `${height},${width}`, about = net.classes[of]!;
    const e = await lab.post<{ saliency: number[]; occlusion: number[] }>(`/api/evidence?${lab.query(net.subject, { class: of })}`, image);
    if (this.of !== key || !this.grids) {
      this.of = key;
      const grid = (title: string) => new Grid(layout([1, height, width], 1), Math.max(1, Math.floor(224 / Math.max(height, width))), title, (i) => `row ${Math.floor(i / width)}, column ${i % width}`, this.choose);
      this.grids = [grid("Slope times ink"), grid("What wiping takes")];
    }
    const [slope, wiped] = this.grids;
    this.element.replaceChildren(
      make("figure", {}, slope.element, make("figcaption", {}, make("b", {}, "Slope times ink"), `What each pixel’s ink adds to the logit of ${about}, or takes from it: how steeply the logit rises with the pixel, times the pixel.`)),
      make("figure", {}, wiped.element, make("figcaption", {}, make("b", {}, "What wiping takes"), `How far the probability of ${about} falls when a patch around the pixel is wiped.`)));
    slope.show((i) => e.saliency[i]!, e.saliency, true);
    wiped.show((i) => e.occlusion[i]!, e.occlusion, true);
  }
}
