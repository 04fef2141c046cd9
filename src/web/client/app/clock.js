// Times relative to now, which keep updating.
import { html } from '../library/html.js'
import { createStore, useStore } from '../library/store.js'

const now = createStore(Date.now())
setInterval(() => now.set(Date.now()), 10_000)

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** @param {{ time: string }} props in RFC 3339 */
export function RelativeTime({ time }) {
  const date = new Date(time)
  return html`<time datetime=${time} title=${exact.format(date)}>${relative(date, useStore(now))}</time>`
}

/**
 * @param {Date} date
 * @param {number} nowMs
 */
function relative(date, nowMs) {
  const minutes = Math.floor((nowMs - date.getTime()) / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ago`
  const days = Math.floor(hours / 24)
  if (days < 7) return days === 1 ? 'yesterday' : `${days} days ago`
  return day.format(date)
}

/** @param {string} time in RFC 3339 */
export const formatTime = (time) => exact.format(new Date(time))

/** @param {string} time in RFC 3339 */
export const formatDay = (time) => day.format(new Date(time))
