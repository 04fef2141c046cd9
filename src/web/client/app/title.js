import { useLayoutEffect } from '../library/html.js'

/**
 * Sets the title of the document.
 *
 * @param {string} title empty for the front page
 */
export function useTitle(title) {
  useLayoutEffect(() => {
    document.title = title ? `${title} · microposts` : 'microposts'
  }, [title])
}
