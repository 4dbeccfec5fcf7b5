// What the pointer says of a bucket: its time, then each line's mood and the negative items. Names are set as text.
(half) => (found) => {
  const add = (parent, tag, text, style) => {
    const node = document.createElement(tag);
    node.textContent = text;
    node.style.cssText = style;
    return parent.appendChild(node);
  };
  const iso = (at) => new Date(at).toISOString();
  const said = (one) => {
    const value = one.value[1];
    if (one.seriesType === "bar") return String(value);
    return value == null ? "–" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
  };
  const rank = (one) => (one.seriesType === "bar" ? 2 : one.value[1] ?? 1.5);
  const box = document.createElement("div");
  const middle = found[0].value[0];
  add(box, "div", iso(middle - half).slice(0, 16).replace("T", " ") + "–" + iso(middle + half).slice(11, 16) + " UTC", "margin-bottom: 4px");
  for (const one of [...found].filter((one) => one.seriesName).sort((a, b) => rank(a) - rank(b))) {
    const row = add(box, "div", "", "display: flex; gap: 8px; align-items: center; line-height: 1.5");
    add(row, "span", "", `width: 8px; height: 8px; border-radius: 2px; background: ${one.color}`);
    add(row, "span", one.seriesName, "flex: 1; padding-right: 12px");
    add(row, "b", said(one), "font-weight: 500");
  }
  return box;
}
