// @ts-check
/** Line icons on a 24 × 24 grid, in the colour of the text. */

const PATHS = {
  menu: ["M4 7h16", "M4 12h16", "M4 17h10"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  send: ["M12 19V5", "M6 11l6-6 6 6"],
  stop: ["M7 7h10v10H7z"],
  again: ["M20 11a8 8 0 1 0-2.3 6.3", "M20 5v6h-6"],
  copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
  link: ["M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2", "M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2"],
  filter: ["M4 6h16", "M7 12h10", "M10 18h4"],
  plus: ["M12 5v14", "M5 12h14"],
  edit: ["M5 19l1-4L16 5l3 3L9 18z", "M14 7l3 3"],
  more: ["M5 12h.01", "M12 12h.01", "M19 12h.01"],
  previous: ["M14 6l-6 6 6 6"],
  next: ["M10 6l6 6-6 6"],
  out: ["M8 16L18 6", "M10 6h8v8"],
  theme: ["M12 4a8 8 0 1 0 0 16z", "M12 4a8 8 0 0 1 0 16"],
  leave: ["M14 5H5v14h9", "M11 12h9", "M16 8l4 4-4 4"],
  trash: ["M5 7h14", "M9 7V4h6v3", "M7 7l1 13h8l1-13"],
  warn: ["M12 4l9 16H3z", "M12 10v4", "M12 17h.01"],
};

/**
 * @param {keyof typeof PATHS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const path of PATHS[name]) {
    const shape = document.createElementNS(space, "path");
    shape.setAttribute("d", path);
    svg.append(shape);
  }
  return svg;
}
