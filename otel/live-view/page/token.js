// The bearer token that `/metrics` may ask for. It lives as long as the tab, and goes nowhere but there.
import { element } from './page.js'

const KEY = 'microposts.metrics.token'

/**
 * @param {HTMLFormElement} form with a password field and a place for what is wrong
 * @param {() => void} onToken called when the reader has given one
 */
export function createToken(form, onToken) {
  const field = element('input', HTMLInputElement, form)
  const fault = element('[role=alert]', HTMLElement, form)

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    sessionStorage.setItem(KEY, field.value.trim())
    fault.textContent = ''
    onToken()
  })

  return {
    value: () => sessionStorage.getItem(KEY),

    /**
     * Asks for it, since the one that was sent, if any, is not the one. Another that was given meanwhile has its turn yet.
     * @param {string | null} sent
     */
    ask(sent) {
      if (sent !== sessionStorage.getItem(KEY)) return
      if (sent !== null) fault.textContent = 'That is not the token.'
      sessionStorage.removeItem(KEY)
      if (!form.hidden) return
      form.hidden = false
      field.focus()
    },

    /** It was the right one, or none is needed. */
    accepted() {
      form.hidden = true
      field.value = ''
      fault.textContent = ''
    },
  }
}
