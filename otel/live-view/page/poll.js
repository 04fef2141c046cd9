// Scrapes `/metrics` periodically while the page is visible, and asks for the bearer token if one is required.
import { element } from './page.js'

/**
 * @typedef {{ text: string, atMs: number, wallMs: number }} Exposition
 * `status` is missing if there was no response; `token` is the one that was sent.
 * @typedef {{ status?: number, detail: string, token: string | null }} Failure
 */

/** Longer than the timeout of the endpoint itself. */
const TIMEOUT_MS = 15_000
const TOKEN_KEY = 'microposts.metrics.token'

/**
 * Scrapes immediately, and then `intervalMs` after each response.
 * @param {object} options
 * @param {number} options.intervalMs
 * @param {() => string | null} options.token
 * @param {(exposition: Exposition) => void} options.onSuccess
 * @param {(failure: Failure) => void} options.onFailure
 */
export function startPolling({ intervalMs, token, onSuccess, onFailure }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let isBusy = false

  async function poll() {
    clearTimeout(timer)
    if (isBusy || document.hidden) return
    isBusy = true
    const result = await scrape(token())
    isBusy = false
    timer = setTimeout(poll, intervalMs)
    if ('text' in result) onSuccess(result)
    else onFailure(result)
  }

  document.addEventListener('visibilitychange', () => void poll())
  void poll()

  return { now: () => void poll() }
}

/**
 * @param {string | null} token
 * @returns {Promise<Exposition | Failure>}
 */
async function scrape(token) {
  try {
    const response = await fetch('/metrics', {
      headers: { Accept: 'text/plain', ...(token && { Authorization: `Bearer ${token}` }) },
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    // The headers arrive when the metrics have been collected; the body may take longer.
    const when = { atMs: performance.now(), wallMs: Date.now() }
    const text = await response.text()
    return response.ok ? { text, ...when } : { status: response.status, detail: text.trim(), token }
  } catch (error) {
    return { detail: error instanceof Error ? error.message : String(error), token }
  }
}

/**
 * Keeps the token in the session storage of the tab.
 * @param {HTMLFormElement} form with a password field and an element for the error
 * @param {() => void} onSubmit called when a token was entered
 */
export function createTokenForm(form, onSubmit) {
  const field = element('input', HTMLInputElement, form)
  const error = element('[role=alert]', HTMLElement, form)

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    sessionStorage.setItem(TOKEN_KEY, field.value.trim())
    error.textContent = ''
    onSubmit()
  })

  return {
    token: () => sessionStorage.getItem(TOKEN_KEY),

    /**
     * Asks for another token, unless one was entered after the rejected request was sent.
     * @param {string | null} rejected
     */
    ask(rejected) {
      if (rejected !== sessionStorage.getItem(TOKEN_KEY)) return
      if (rejected !== null) error.textContent = 'The token is wrong.'
      sessionStorage.removeItem(TOKEN_KEY)
      if (!form.hidden) return
      form.hidden = false
      field.focus()
    },

    hide() {
      form.hidden = true
      field.value = ''
      error.textContent = ''
    },
  }
}
