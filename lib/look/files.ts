// The look that all pages share: design tokens, font and icon. Each page serves these files in one folder.

/** The `file:` URL of each file, by its served name. Serve all in one folder: font.css refers to inter.woff2. */
export const lookFiles = {
  'tokens.css': new URL('tokens.css', import.meta.url).href,
  'bar.css': new URL('bar.css', import.meta.url).href,
  'pages.css': new URL('pages.css', import.meta.url).href,
  'font.css': new URL('font.css', import.meta.url).href,
  'icon.svg': new URL('icon.svg', import.meta.url).href,
  'inter.woff2': import.meta.resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
} as const
