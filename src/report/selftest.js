// Opened with `?selftest`, the page tries itself and leaves the outcome in an element `#selftest`: for headless checks.
"use strict";
if (location.search === "?selftest") {
  const faults = [];
  const expect = (holds, what) => { if (!holds) faults.push(what); };
  const pixels = () => viewer.pixels();
  const drag = (type, x, y) => viewer.canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, buttons: type === "pointerup" ? 0 : 1, clientX: x, clientY: y, movementX: 40, movementY: 25, bubbles: true,
  }));
  const start = pixels();
  drag("pointermove", 240, 225);
  const turned = pixels();
  expect(start !== turned, "dragging does not turn the molecule");
  viewer.canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: -400, cancelable: true }));
  expect(pixels() !== turned, "the wheel does not zoom");
  const zoomed = pixels();
  viewer.show(1);
  expect(viewer.frames < 2 || pixels() !== zoomed, "the next frame looks like the first");
  for (const table of document.querySelectorAll("table.sortable")) {
    const heading = table.tHead.rows[0].cells[1];
    for (const sign of [1, -1]) {
      heading.click();
      const values = [...table.tBodies[0].rows].map((row) => Number(row.cells[1].dataset.value ?? sign * Infinity));
      expect(values.every((value, index) => index === 0 || value === values[index - 1]
        || sign * (value - values[index - 1]) > 0), "a table does not sort");
    }
  }
  const plots = [...document.querySelectorAll("figure svg")];
  expect(plots.length > 0, "there are no plots");
  expect(plots.every((plot) => plot.getBoundingClientRect().width > 100 && plot.childElementCount > 5), "a plot is empty");
  const outcome = document.createElement("pre");
  outcome.id = "selftest";
  outcome.textContent = faults.length === 0 ? `passed: ${plots.length} plots` : `failed: ${faults.join("; ")}`;
  document.body.prepend(outcome);
}
