// The state of a form: busy while it is sent, then its problem, if any.
import { toProblem } from '../api/problem.js'
import { useEffect, useRef, useState } from '../library/html.js'
import { faultAt } from './fields.js'

/** @import { Problem } from '../api/problem.js' */

/**
 * @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} send gets the values by field name
 */
export function useForm(send) {
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null))
  const [isBusy, setBusy] = useState(false)
  const form = useRef(/** @type {HTMLFormElement | null} */ (null))

  useEffect(() => {
    const invalid = problem && form.current?.querySelector('[aria-invalid=true]')
    if (invalid instanceof HTMLElement) invalid.focus()
  }, [problem])

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault()
    const element = /** @type {HTMLFormElement} */ (event.currentTarget)
    form.current = element
    if (isBusy) return
    setBusy(true)
    setProblem(null)
    try {
      await send(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(element))), element)
    } catch (error) {
      setProblem(toProblem(error))
    } finally {
      setBusy(false)
    }
  }

  return {
    onSubmit,
    isBusy,
    problem,
    /** The error of a field, as a sentence about `subject`. */
    errorOf: (/** @type {string} */ name, /** @type {string} */ subject) =>
      faultAt(problem, `/${name}`, subject),
  }
}
