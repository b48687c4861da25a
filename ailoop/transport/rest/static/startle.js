// A press so soon after the list moved was meant for what had been there: it is not taken.

const STARTLE = 400;

export class Startle {
  /**
   * @param {HTMLElement} element whose presses are guarded
   * @param {(sentence: string) => void} announce
   */
  constructor(element, announce) {
    this.mouseMovedAt = -Infinity;
    this.touchMovedAt = -Infinity;
    let startled = false;
    const down = ({ pointerType }) => {
      const movedAt = pointerType === "mouse" ? this.mouseMovedAt : this.touchMovedAt;
      startled = performance.now() - movedAt < STARTLE;
    };
    const click = (event) => {
      // A key that presses a button has been aimed by the focus.
      if (!startled || event.detail === 0) return;
      event.preventDefault();
      event.stopPropagation();
      startled = false;
      announce("The list had just moved. Press again.");
    };
    element.addEventListener("pointerdown", down, { passive: true });
    element.addEventListener("click", click, { capture: true });
  }

  /** Note that the list has moved; a mouse is startled if it was over it, a finger always. */
  moved(isHovered) {
    this.touchMovedAt = performance.now();
    if (isHovered) this.mouseMovedAt = this.touchMovedAt;
  }
}
