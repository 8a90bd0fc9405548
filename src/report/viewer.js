// The molecule on a canvas: sticks and balls in the colours of the elements, turned by dragging, played frame by frame.
"use strict";
const viewer = (() => {
  const data = JSON.parse(document.getElementById("molecule-data").textContent);
  const canvas = document.getElementById("molecule");
  const context = canvas.getContext("2d");
  const slider = document.getElementById("frame");
  const button = document.getElementById("play");
  const name = document.getElementById("frame-name");
  const colours = { H: "#d9d9d9", C: "#555555", N: "#3050f8", O: "#e02020", S: "#c9a800", P: "#e08000" };
  const radii = { H: 0.022, S: 0.045, P: 0.045 };
  const bytes = Uint8Array.from(atob(data.picometres), (character) => character.charCodeAt(0));
  const picometres = new DataView(bytes.buffer);
  const atoms = data.elements.length;
  const frames = data.frameNames.length;
  // Columns are the images of the axes; rows act on positions.
  let rotation = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  let zoom = 1;
  let frame = 0;
  let timer = null;
  let placed = [];

  const position = (index, atom) => [0, 1, 2].map(
    (axis) => picometres.getInt16(2 * (3 * (index * atoms + atom) + axis), true) / 1000);
  let extent = 0.1;
  for (let index = 0; index < frames; index += 1) {
    for (let atom = 0; atom < atoms; atom += 1) extent = Math.max(extent, Math.hypot(...position(index, atom)));
  }

  function turn(aboutX, aboutY) {
    const [cx, sx, cy, sy] = [Math.cos(aboutX), Math.sin(aboutX), Math.cos(aboutY), Math.sin(aboutY)];
    const step = [[cy, 0, sy], [sx * sy, cx, -sx * cy], [-cx * sy, sx, cx * cy]];
    rotation = step.map((row) => [0, 1, 2].map(
      (column) => row.reduce((sum, value, inner) => sum + value * rotation[inner][column], 0)));
  }

  function place(width, height) {
    const scale = 0.46 * zoom * Math.min(width, height) / extent;
    placed = [];
    for (let atom = 0; atom < atoms; atom += 1) {
      const point = position(frame, atom);
      const [x, y, z] = rotation.map((row) => row.reduce((sum, value, axis) => sum + value * point[axis], 0));
      const nearer = 1 / (1 - 0.25 * z / extent);
      placed.push({ atom, x: width / 2 + scale * nearer * x, y: height / 2 - scale * nearer * y, z, size: scale * nearer });
    }
  }

  function stick(from, to) {
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    for (const end of [from, to]) {
      context.strokeStyle = colours[data.elements[end.atom]] || "#a040a0";
      context.lineWidth = Math.max(1.5, 0.02 * end.size);
      context.beginPath();
      context.moveTo(end.x, end.y);
      context.lineTo(middle.x, middle.y);
      context.stroke();
    }
  }

  function ball(end) {
    const element = data.elements[end.atom];
    const radius = Math.max(2, (radii[element] || 0.036) * end.size);
    const shade = context.createRadialGradient(
      end.x - 0.35 * radius, end.y - 0.35 * radius, 0.1 * radius, end.x, end.y, radius);
    shade.addColorStop(0, "#ffffff");
    shade.addColorStop(0.35, colours[element] || "#a040a0");
    shade.addColorStop(1, "#202020");
    context.fillStyle = shade;
    context.beginPath();
    context.arc(end.x, end.y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (frames === 0) return;
    place(width, height);
    context.lineCap = "round";
    const things = data.bonds.map(([first, second]) => {
      const ends = [placed[first], placed[second]];
      return { depth: (ends[0].z + ends[1].z) / 2 - 0.02, draw: () => stick(...ends) };
    });
    placed.forEach((end) => things.push({ depth: end.z, draw: () => ball(end) }));
    things.sort((first, second) => first.depth - second.depth).forEach((thing) => thing.draw());
  }

  function show(index) {
    frame = frames === 0 ? 0 : (index + frames) % frames;
    slider.value = String(frame);
    name.textContent = data.frameNames[frame] || "no frames";
    draw();
  }

  function play() {
    button.textContent = timer === null ? "Pause" : "Play";
    if (timer === null) {
      timer = setInterval(() => show(frame + 1), 120);
    } else {
      clearInterval(timer);
      timer = null;
    }
  }

  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) {
      turn(0.01 * event.movementY, 0.01 * event.movementX);
      draw();
      return;
    }
    const hit = placed.filter((end) => Math.hypot(end.x - event.offsetX, end.y - event.offsetY) < 0.05 * end.size)
      .sort((first, second) => second.z - first.z)[0];
    canvas.title = hit ? data.labels[hit.atom] : "";
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom = Math.min(8, Math.max(0.2, zoom * Math.exp(-0.001 * event.deltaY)));
    draw();
  }, { passive: false });
  slider.max = String(Math.max(0, frames - 1));
  slider.addEventListener("input", () => show(Number(slider.value)));
  button.addEventListener("click", play);
  window.addEventListener("resize", draw);
  turn(0.35, 0.5);
  show(0);
  return { canvas, frames, show, pixels: () => canvas.toDataURL() };
})();
