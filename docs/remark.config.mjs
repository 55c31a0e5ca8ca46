// Links between the documents of the repository, as GitHub shows them: each file is there, and each heading.
import { fileURLToPath } from 'node:url';

import validateLinks from 'remark-validate-links';

const root = fileURLToPath(new URL('..', import.meta.url));
export default { plugins: [[validateLinks, { repository: 'project-runner/project-runner', root }]] };
