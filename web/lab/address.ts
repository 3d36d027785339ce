// The page's state in its address, behind the #, so that a link opens the same view:
// #tab=inside&run=r1&step=20.

export class Address {
  private values = new URLSearchParams(location.hash.slice(1));
  private known = location.hash;
  private readonly heard = new Set<() => void>();

  constructor() {
    addEventListener("hashchange", () => {
      this.read();
      for (const f of this.heard) f();
    });
  }

  private read(): void {
    this.known = location.hash;
    this.values = new URLSearchParams(this.known.slice(1));
  }

  /** on calls f when the visitor changes the address: goes back, or follows a link. */
  on(f: () => void): void { this.heard.add(f); }

  get(key: string): string | null { return this.values.get(key); }

  number(key: string): number | null {
    const text = this.get(key), n = Number(text);
    return text && Number.isFinite(n) ? n : null;
  }

  /** set changes some values; null removes one. With step the way back leads here. */
  set(changes: Record<string, string | null>, step = false): void {
    if (location.hash !== this.known) this.read(); // the visitor was quicker than the event that tells of it
    for (const [k, v] of Object.entries(changes)) {
      if (v === null || v === "") this.values.delete(k);
      else this.values.set(k, v);
    }
    const to = this.values.size ? `#${this.values}` : location.pathname;
    if (step) history.pushState(null, "", to);
    else history.replaceState(null, "", to);
    this.known = location.hash;
  }
}
