// A dialog that asks before something is deleted.
import { html, useEffect, useId, useRef } from '../library/html.js'

/** @import { ComponentChildren } from 'preact' */

/**
 * @param {{ title: string, action: string, children: ComponentChildren, onConfirm(): void, onCancel(): void }} props
 *   `action` is the label of the button that confirms
 */
export function Confirm({ title, action, children, onConfirm, onCancel }) {
  const id = useId()
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  useEffect(() => {
    // The browser moves the focus into the dialog, keeps it there, and returns it afterwards.
    dialog.current?.showModal()
    return () => dialog.current?.close()
  }, [])
  return html`<dialog ref=${dialog} aria-labelledby=${`${id}-title`} aria-describedby=${`${id}-text`} onCancel=${onCancel}>
    <h2 id=${`${id}-title`}>${title}</h2>
    <p id=${`${id}-text`}>${children}</p>
    <div class="actions">
      <button type="button" class="quiet" onClick=${onCancel}>Cancel</button>
      <button type="button" class="danger" onClick=${onConfirm}>${action}</button>
    </div>
  </dialog>`
}
