// A value that several components show.
import { useEffect, useState } from './html.js'

/**
 * @template T
 * @typedef {{ get(): T, set(value: T): void, subscribe(listener: () => void): () => void }} Store
 */

/**
 * @template T
 * @param {T} value
 * @returns {Store<T>}
 */
export function createStore(value) {
  /** @type {Set<() => void>} */
  const listeners = new Set()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/**
 * The value of a store; the component renders again when it changes.
 *
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [, rerender] = useState({})
  useEffect(() => {
    const seen = store.get()
    const unsubscribe = store.subscribe(() => rerender({}))
    // The value may have changed between the first render and this effect.
    if (!Object.is(seen, value)) rerender({})
    return unsubscribe
  }, [store])
  const value = store.get()
  return value
}
