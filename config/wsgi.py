from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

from config.checks import require_sound_configuration
from config.local import prepare_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
prepare_environment()
application = get_wsgi_application()
require_sound_configuration()
# A full collection walks through everything the process holds, the customers it remembers included:
# a tenth of a second in which nobody is served. What was loaded by now lives for ever, and what
# forms cycles later is young when it dies: full collections may be a hundred times rarer.
gc.collect()
gc.freeze()
gc.set_threshold(700, 10, 1000)
