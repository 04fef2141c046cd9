// Icons, drawn with one stroke.
import { html } from '../library/html.js'

const paths = {
  home: 'M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6h-6v6H5a1 1 0 0 1-1-1z',
  explore: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM15.5 8.5l-2 5-5 2 2-5z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.6-4 3.8-5.5 7.5-5.5s6.9 1.5 7.5 5.5',
  settings:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  login: 'M10 4h8a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-8M4 12h10M10.5 8l4 4-4 4',
  signup: 'M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM3 20c.5-4 3.4-5.5 7-5.5 1.5 0 2.9.3 4 .9M18 14v6M15 17h6',
}

/** @param {{ name: keyof typeof paths | 'brand' }} props */
export function Icon({ name }) {
  if (name === 'brand')
    return html`<img src=${new URL('../look/icon.svg', import.meta.url).href} alt="" width="30" height="30" />`
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${paths[name]} /></svg>`
}
