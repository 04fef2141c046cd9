// Loaded with --require before anything that an older Node cannot parse. CommonJS in old syntax, so that every Node runs it.
const needed = [24, 7]
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    'microposts needs Node ' +
      needed.join('.') +
      ' or newer, and this is Node ' +
      process.versions.node +
      '. Install a newer one from https://nodejs.org, then run `npm ci` again.\n',
  )
  process.exit(1)
}
