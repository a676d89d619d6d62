/**
 * How the page looks: for light and dark, phones and desktops. Every pair of
 * colours has a contrast of at least 4.5 : 1.
 *
 * @module
 */
import { ANSWERS } from "./answers.ts";
import { PAGE } from "./page.ts";
import { SCREENS } from "./screens.ts";
import { TOOLS } from "./tools.ts";

/** The style sheet. */
export const STYLE: string = [PAGE, ANSWERS, TOOLS, SCREENS].join("");
