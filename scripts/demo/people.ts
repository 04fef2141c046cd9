// The people of the demo and what they talk about.

export const people = [
  { name: 'Alice Moreau', bio: 'Bakes bread and takes notes.' },
  { name: 'Bob Hansen', bio: 'Cycles to work, whatever the weather.' },
  { name: 'Carol Okafor', bio: 'Reads maps for fun.' },
  { name: 'Dave Lindqvist', bio: 'Fixes radios. And toasters.' },
  { name: 'Erin Walsh', bio: 'Runs the book club on Thursdays.' },
  { name: 'Frank Bauer', bio: 'Birds, mostly.' },
  { name: 'Grace Tan', bio: 'Plays the cello in a very small orchestra.' },
  { name: 'Heidi Novak', bio: 'Climbs on Sundays.' },
  { name: 'Ivan Petrov', bio: 'Teaches chemistry.' },
  { name: 'Judy Morales', bio: 'Grows tomatoes on a balcony.' },
]

/** The lines of two people, who take turns. */
export const conversations = [
  ['Does anybody know a good coffee place near the station?', 'The one behind the cinema ☕', 'Thank you!'],
  ['It has rained for a week.', 'The tomatoes love it 🍅', 'At least somebody does.'],
  ['I counted 42 herons at the lake this morning.', 'Are you sure you counted each only once?'],
  ['The book club meets on Thursday. We read Middlemarch.', 'All of it?', 'The first hundred pages count.'],
  ['My toaster has stopped working.', 'Bring it over, I will have a look.', 'You are the best.'],
  ['We measured the mountain again: it is still there.', 'Good. I am climbing it on Sunday.'],
  ['The concert starts at eight. Do come!', 'I have a ticket for the front row 🎻'],
  ['Who left the blue umbrella in the lab?', 'That is mine! I will fetch it tomorrow.'],
]
