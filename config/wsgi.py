from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config.checks import require_sound_configuration
from config.local import prepare_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
prepare_environment()
application = get_wsgi_application()
require_sound_configuration()
