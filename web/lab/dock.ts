// On a narrow screen the pad stays in sight at the lower edge when the page is scrolled
// past it; it can be drawn on there, too. Its place is kept, so that nothing moves.

export function dock(sheet: HTMLElement): void {
  const place = sheet.parentElement!, narrow = matchMedia("(max-width: 999px)");
  let seen = true;
  const set = () => {
    const docked = !seen && narrow.matches;
    if (docked) place.style.height = `${place.clientHeight}px`;
    else place.style.height = "";
    document.body.classList.toggle("docks", docked);
  };
  new IntersectionObserver(([e]) => {
    seen = e!.isIntersecting;
    set();
  }, { threshold: 0 }).observe(place);
  narrow.addEventListener("change", set);
}
