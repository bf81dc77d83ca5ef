from __future__ import annotations

from django.urls import path

from mobile.preview import views

urlpatterns = [
    path("preview/", views.preview, name="preview"),
    path("preview/desk/", views.desk, name="preview-desk"),
    path("preview/frame/", views.frame, name="preview-frame"),
]
