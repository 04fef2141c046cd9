// Loaded with --import before everything else: keeps compiled code in a folder, for the next start. JavaScript, because Node
// loads its TypeScript compiler, which occupies 20 MB, for the first .ts file that the folder does not have.
//
// Not in the system's temporary folder, where another user could put code. Where this folder is read-only, nothing is kept.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
