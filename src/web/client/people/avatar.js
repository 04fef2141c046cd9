// A picture that is the same for everyone who sees the user, made from the username.
import { html } from '../library/html.js'

/** @param {{ username: string, large?: boolean }} props */
export function Avatar({ username, large = false }) {
  const hash = hashOf(username.toLowerCase())
  const hue = hash % 360
  const angle = (hash >> 9) % 360
  const colour = (/** @type {number} */ shift, /** @type {number} */ light) =>
    `hsl(${(hue + shift) % 360} 52% ${light}%)`
  return html`<svg class=${large ? 'avatar large' : 'avatar'} viewBox="0 0 40 40" aria-hidden="true">
    <rect width="40" height="40" fill=${colour(0, 42)} />
    <g transform=${`rotate(${angle} 20 20)`}>
      <circle cx="34" cy="12" r="22" fill=${colour(38, 48)} />
      <circle cx="6" cy="38" r="14" fill=${colour(328, 34)} />
    </g>
    <text x="20" y="20" dy="0.36em" text-anchor="middle" fill="#fff">${initial(username)}</text>
  </svg>`
}

/** @param {string} username */
const initial = (username) => /[A-Za-z0-9]/.exec(username)?.[0].toUpperCase() ?? '@'

/**
 * FNV-1a.
 *
 * @param {string} text
 */
function hashOf(text) {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
