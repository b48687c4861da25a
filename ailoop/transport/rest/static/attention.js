// How many prompts wait, in the title and the favicon of the page.

const SIZE = 64;
const CALM = "#2563eb";
const URGENT = "#c81e1e";

const icon = document.querySelector("link[rel=icon]");
const plain = icon.getAttribute("href");
let shown = "";

/**
 * Show how many prompts wait.
 * @param {number} count
 * @param {boolean} isUrgent whether one of them is
 */
export function showCount(count, isUrgent) {
  const state = `${count} ${isUrgent}`;
  if (state === shown) return;
  shown = state;
  document.title = count ? `(${count}) ailoop` : "ailoop";
  icon.href = count ? draw(count > 99 ? "99" : String(count), isUrgent ? URGENT : CALM) : plain;
}

function draw(text, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(SIZE / 2, SIZE / 2, SIZE / 2, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#ffffff";
  pen.font = `bold ${text.length > 1 ? 38 : 46}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, SIZE / 2, SIZE / 2 + 3);
  return canvas.toDataURL();
}
