// Preact and htm from npm, which the server serves beside this file (src/web/assets.ts).
import htm from './htm.js'
import { h } from './preact.js'

export { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from './hooks.js'
export { render } from './preact.js'

/** @import { VNode } from 'preact' */

/**
 * Builds elements from a template: html`<p class=${name}>${text}</p>`. Values become attributes and text, never markup.
 *
 * @type {(strings: TemplateStringsArray, ...values: unknown[]) => VNode}
 */
export const html = /** @type {any} */ (htm.bind(h))
