// The people of the demo. They are invented. The first of them know each other best, because a service with its default
// limits admits only a few.
export const people = [
  ['juniper', 'Juniper Hale', 'Bakes before sunrise. Sourdough, rye, strong opinions about crust.'],
  ['nighttrain', 'Tomasz Wrona', 'Takes the train, preferably at night, preferably by the window.'],
  ['mareike', 'Mareike Thun', 'Looks after a lighthouse. Tides, weather, visitors, in that order.'],
  ['ottobirds', 'Otto Lindgren', 'Birds, mostly. It is not always a wren.'],
  ['salma_grows', 'Salma · سلمى', 'Seven cucumbers, one balcony 🍅'],
  ['yuki.maps', '新川ゆき', 'Old maps and the rivers that are no longer on them. 古地図と消えた川。'],
  ['bao', 'Bảo', 'Soup from noon until it is gone.'],
  ['delphine', 'Delphine Arnoux', 'Violoncelle. One quarter of a very small orchestra.'],
  ['kofi.fixes', 'Kofi Asante-Berg', 'Radios, toasters, the occasional clock. Do not throw it away yet.'],
  ['inesreads', 'Inês Carvalhal', 'Runs the book club on Thursdays. Leio em todo o lado.'],
  ['amrita', 'Amrita · अमृता', 'A telescope on a roof, and stairs.'],
  ['pavel_k', 'Павел К.', 'Teaches chemistry. Loses umbrellas.'],
  ['rowan', 'Rowan Teague', 'Uphill, then coffee.'],
  ['hollis', 'Hollis Verbeek', 'Letterpress printer. Every letter by hand, including the wrong ones.'],
  ['nils', 'Nils Aaberg', 'Drives the number 7. Yes, I saw you running. I waited.'],
  ['theo_c', 'Theo Castellan', 'Sets crosswords (9).'],
] as const

export type Person = { username: string; displayName: string; bio: string; cast: number; role: string }

/** Beyond the last person, more people have the same names, and usernames with a number: each `cast` has one of each. */
export function personAt(index: number): Person {
  const [role, displayName, bio] = people[index % people.length] as (typeof people)[number]
  const cast = Math.floor(index / people.length)
  return { username: usernameOf(role, cast), displayName, bio, cast, role }
}

export const usernameOf = (role: string, cast: number) => (cast === 0 ? role : `${role}${cast + 1}`)
