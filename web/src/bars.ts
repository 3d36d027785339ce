// The answer: the likeliest class in large, and a bar for every class.

/** percent writes a probability; what is not quite 0 or 1 is not written so. */
export function percent(p: number): string {
  if (p > 0 && p < 0.001) return "< 0.1 %";
  if (p < 1 && p > 0.999) return "> 99.9 %";
  return `${(100 * p).toFixed(1)} %`;
}

const most = 12; // bars, where there are more classes

export class Bars {
  private readonly rows: { item: HTMLLIElement; name: HTMLElement; bar: HTMLElement; share: HTMLOutputElement }[] = [];

  constructor(private readonly list: HTMLElement, private readonly classes: string[]) {
    for (let i = 0; i < Math.min(classes.length, most); i++) {
      const item = document.createElement("li"), name = document.createElement("span"), track = document.createElement("i");
      const bar = document.createElement("span"), share = document.createElement("output");
      name.className = "name";
      track.setAttribute("aria-hidden", "true");
      track.append(bar);
      share.setAttribute("aria-live", "off");
      item.append(name, track, share);
      list.append(item);
      this.rows.push({ item, name, bar, share });
    }
    this.show(null);
  }

  /** show sets the bars: in the classes' own order, the likeliest ones where there are many. */
  show(p: ArrayLike<number> | null): void {
    const order = this.classes.map((_, i) => i);
    if (p && order.length > most) order.sort((a, b) => p[b]! - p[a]!);
    const best = p ? Array.from(p).indexOf(Math.max(...Array.from(p))) : -1;
    this.rows.forEach(({ item, name, bar, share }, i) => {
      const k = order[i]!;
      if (name.textContent !== this.classes[k]) name.textContent = this.classes[k]!;
      bar.style.transform = `scaleX(${p ? p[k]! : 0})`;
      share.textContent = p ? percent(p[k]!) : "–";
      item.classList.toggle("first", k === best);
    });
    this.list.dataset["best"] = String(best);
  }
}
