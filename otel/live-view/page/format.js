// Values as people read them, each with its unit.

/** Shown where there is no value. */
export const NONE = '–'

/** @typedef {(value: number | null | undefined) => string} Format */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** @type {Format} */
export const count = (value) => or(value, whole.format)

/** @type {Format} */
export const rate = (value) => or(value, (it) => `${number.format(it)} /s`)

/** @type {Format} */
export const perMinute = (value) => or(value, (it) => `${number.format(60 * it)} /min`)

/** @type {Format} */
export const percent = (value) => or(value, (it) => `${number.format(100 * it)} %`)

/** @type {Format} */
export const seconds = (value) =>
  or(value, (it) => (it < 1 ? `${number.format(1000 * it)} ms` : `${number.format(it)} s`))

/** @type {Format} */
export const bytes = (value) => or(value, (it) => `${number.format(it / 1e6)} MB`)

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/**
 * 14:03:22, of the reader's time zone.
 * @param {number} time in seconds since the epoch
 */
export const timeOfDay = (time) => clock.format(time * 1000)

/**
 * @param {number | null | undefined} value
 * @param {(value: number) => string} format
 */
function or(value, format) {
  return value === null || value === undefined || Number.isNaN(value) ? NONE : format(value)
}
