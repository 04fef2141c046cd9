// The text of a post with its links. It is split into text, URLs and mentions; nothing in it becomes markup.
import { html } from '../library/html.js'

const link = /https?:\/\/[^\s<>"“”]+|(?<![\w@./-])@[A-Za-z0-9_.-]{1,50}/gi
const mention = /^@(?=.*[A-Za-z0-9])/

/** @param {{ text: string }} props */
export function PostText({ text }) {
  return html`<p class="text" dir="auto">${split(text).map(toNode)}</p>`
}

/**
 * The text in parts, of which every second one is a URL or a mention.
 *
 * @param {string} text
 * @returns {string[]}
 */
function split(text) {
  const parts = []
  let end = 0
  for (const match of text.matchAll(link)) {
    const target = withoutPunctuation(match[0])
    parts.push(text.slice(end, match.index), target)
    end = match.index + target.length
  }
  return [...parts, text.slice(end)]
}

/**
 * Punctuation at the end belongs to the sentence; so does a closing bracket without its opening one.
 *
 * @param {string} target
 */
function withoutPunctuation(target) {
  let kept = target
  for (;;) {
    const last = kept.at(-1) ?? ''
    const isUnopened = last === ')' && kept.split('(').length < kept.split(')').length
    if (!isUnopened && !/[.,;:!?'’\]}-]/.test(last)) return kept
    kept = kept.slice(0, -1)
  }
}

/**
 * @param {string} part
 * @param {number} index
 */
function toNode(part, index) {
  if (index % 2 === 0) return part
  if (mention.test(part)) return html`<a href=${`/${part}`}>${part}</a>`
  if (!URL.canParse(part)) return part
  return html`<a href=${part} rel="nofollow noopener" target="_blank">${part.replace(/^https?:\/\//i, '')}</a>`
}
