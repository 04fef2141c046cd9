// Scrapes `/metrics` again and again for as long as somebody looks.

/**
 * What became of a scrape: its page, or why there is none. `status` is missing where nothing answered.
 * @typedef {{ page: string, atMs: number, wallMs: number }} Page
 * `token` is the one that was sent.
 * @typedef {{ status?: number, detail: string, token: string | null }} Failure
 */

/** Longer than the endpoint takes to give up, in milliseconds. */
const PATIENCE_MS = 15_000

/**
 * Scrapes at once, then `everyMs` after each answer; while the page is hidden, not at all.
 * @param {object} options
 * @param {number} options.everyMs
 * @param {() => string | null} options.token
 * @param {(page: Page) => void} options.onPage
 * @param {(failure: Failure) => void} options.onFailure
 */
export function startPolling({ everyMs, token, onPage, onFailure }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let isBusy = false

  async function turn() {
    clearTimeout(timer)
    if (isBusy || document.hidden) return
    isBusy = true
    const answer = await scrape(token())
    isBusy = false
    timer = setTimeout(turn, everyMs)
    if ('page' in answer) onPage(answer)
    else onFailure(answer)
  }

  document.addEventListener('visibilitychange', () => void turn())
  void turn()

  return { now: () => void turn() }
}

/**
 * @param {string | null} token
 * @returns {Promise<Page | Failure>}
 */
async function scrape(token) {
  try {
    const response = await fetch('/metrics', {
      headers: { Accept: 'text/plain', ...(token && { Authorization: `Bearer ${token}` }) },
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    // The head of an answer comes when its page is written; the rest of it may take its time.
    const when = { atMs: performance.now(), wallMs: Date.now() }
    const text = await response.text()
    return response.ok ? { page: text, ...when } : { status: response.status, detail: text.trim(), token }
  } catch (error) {
    return { detail: error instanceof Error ? error.message : String(error), token }
  }
}
