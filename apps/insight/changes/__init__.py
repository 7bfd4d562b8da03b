"""What has become slower or larger: between releases, and over days."""
