// Runs before each test file: sets what the harness leaves to the tests.
import { inject } from 'vitest'
import { setTemplate } from '../../harness/database.ts'
import { setResponseCheck } from '../../harness/http/client.ts'
import { addNodeOptions } from '../../harness/service.ts'
import { checkContract } from './contract.ts'

setTemplate(inject('template'))
// Most services of tests end before optimized WebAssembly is worth its compilation, a third of the CPU time of an embedded one.
addNodeOptions('--liftoff-only')
setResponseCheck(async (target, method, url, response) => {
  await checkContract(target, method, url, response)
  if (response.status === 201) nextMillisecond()
})

/** Ids are ordered by the millisecond only, and tests expect posts in the order in which they created them. */
function nextMillisecond() {
  const now = Date.now()
  while (Date.now() === now);
}
