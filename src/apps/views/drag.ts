/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Dragging a card to a stage: with a mouse at once, with a finger after it was
 * held for a moment, because a finger that moves scrolls.
 *
 * @module
 */

/** How long a finger is held before the card follows it, in ms. */
const HOLD = 300;

/** How far a pointer moves before the card follows it, in pixels. */
const SLIP = 6;

/** How near the edge of the board it scrolls, and how far at each frame. */
const EDGE = 48;
const STEP = 14;

/** The event that a stage gets when a card is dropped on it. */
export const DROPPED = "carddrop";

/** The card that follows the pointer now. */
let ghost: HTMLElement | undefined;

// A finger must not scroll while a card follows it. A browser asks only
// listeners that were there when the finger came down.
document.addEventListener("touchmove", (event) => {
  if (ghost) event.preventDefault();
}, { passive: false });

/**
 * Lets a person drag a card. The stage on which it is dropped gets the event
 * {@linkcode DROPPED} with the id.
 *
 * @param card The card.
 * @param id The id of its deal.
 */
export function makeDraggable(card: HTMLElement, id: string): void {
  card.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.isPrimary && !ghost) {
      follow(card, id, event);
    }
  });
}

/** The stage at a place of the window that takes cards. */
function stageAt(x: number, y: number): Element | undefined {
  return document.elementFromPoint(x, y)?.closest(".stage.takes") ?? undefined;
}

/** Follows a pointer from when it comes down until it goes up. */
function follow(card: HTMLElement, id: string, down: PointerEvent): void {
  const isTouch = down.pointerType === "touch";
  const board = card.closest<HTMLElement>(".board");
  const ended = new AbortController();
  let at = down;
  let target: Element | undefined;

  function lift(): void {
    const { left, top, width } = card.getBoundingClientRect();
    ghost = card.cloneNode(true) as HTMLElement;
    ghost.className = "card ghost";
    ghost.ariaHidden = "true";
    ghost.removeAttribute("data-id");
    Object.assign(ghost.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
    });
    document.body.append(ghost);
    card.classList.add("dragged");
    board?.classList.add("dragging");
    if (card.isConnected) card.setPointerCapture(down.pointerId);
    requestAnimationFrame(frame);
  }

  /** Moves the ghost, marks the stage under it, and scrolls at the edges. */
  function frame(): void {
    if (!ghost || ended.signal.aborted) return;
    ghost.style.translate = `${at.clientX - down.clientX}px ${
      at.clientY - down.clientY
    }px`;
    if (board) {
      const { left, right } = board.getBoundingClientRect();
      if (at.clientX < left + EDGE) board.scrollLeft -= STEP;
      if (at.clientX > right - EDGE) board.scrollLeft += STEP;
    }
    const next = stageAt(at.clientX, at.clientY);
    if (next !== target) {
      target?.classList.remove("target");
      next?.classList.add("target");
      target = next;
    }
    requestAnimationFrame(frame);
  }

  function end(isDropped: boolean): void {
    // Before the board may move again to where it rests.
    const stage = ghost && isDropped
      ? stageAt(at.clientX, at.clientY)
      : undefined;
    clearTimeout(timer);
    ended.abort();
    target?.classList.remove("target");
    card.classList.remove("dragged");
    board?.classList.remove("dragging");
    if (!ghost) return;
    ghost.remove();
    ghost = undefined;
    withoutClick();
    stage?.dispatchEvent(new CustomEvent(DROPPED, { detail: id }));
  }

  const timer = isTouch ? setTimeout(lift, HOLD) : undefined;
  const on = <K extends keyof DocumentEventMap>(
    type: K,
    run: (event: DocumentEventMap[K]) => void,
  ) =>
    document.addEventListener(type, run, {
      signal: ended.signal,
      capture: true,
    });
  on("pointermove", (event) => {
    if (event.pointerId !== down.pointerId) return;
    at = event;
    const isFar = Math.hypot(
      event.clientX - down.clientX,
      event.clientY - down.clientY,
    ) > SLIP;
    if (ghost || !isFar) return;
    if (isTouch) end(false);
    else lift();
  });
  on("pointerup", (event) => {
    if (event.pointerId !== down.pointerId) return;
    at = event;
    end(true);
  });
  on("pointercancel", ({ pointerId }) => {
    if (pointerId === down.pointerId) end(false);
  });
  on("keydown", (event) => {
    if (event.key !== "Escape" || !ghost) return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  });
  // What a browser offers for a text that is held would come in between.
  on("contextmenu", (event) => {
    if (isTouch) event.preventDefault();
  });
}

/**
 * The card that was dragged is not opened by the click that ends the drag. What
 * opened because of it takes clicks at once: on a slow device they come soon.
 */
function withoutClick(): void {
  const over = new AbortController();
  document.addEventListener("click", (event) => {
    const isInDialog = event.target instanceof Element &&
      event.target.closest("dialog") !== null;
    if (!isInDialog) event.stopPropagation();
  }, {
    signal: over.signal,
    capture: true,
  });
  setTimeout(() => over.abort(), 50);
}
