# JupyterLab's settings, in /etc/jupyter: system-wide, so that the volume on the home folder does not hide them.
import hashlib
import pathlib

c = get_config()  # noqa: F821

# From the file only: an argument or a variable of the process could be read by everything that runs in here.
token = pathlib.Path("/run/secrets/notebook-token").read_text().strip()
c.IdentityProvider.token = token
# A browser that has logged in stays so when the container is replaced, and not longer than the token is valid.
c.ServerApp.cookie_secret = hashlib.sha256(b"cookie " + token.encode()).digest()
c.PasswordIdentityProvider.allow_password_change = False

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
# A busy port is an error: the published one stands for this one.
c.ServerApp.port_retries = 0
c.ServerApp.root_dir = "/notebooks"
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}
# "Shut Down" in the menu would end the container, which Docker then starts again.
c.ServerApp.quit_button = False
c.ServerApp.open_browser = False
c.ExtensionApp.open_browser = False
# Kernels are reached through sockets in the runtime folder, which is this user's alone, and not through open ports.
c.KernelManager.transport = "ipc"
c.Application.log_level = "WARN"

# What is deleted is gone, as everywhere on the shared folder: the trash would be a hidden folder on that disk. Folders too: what
# Spark writes is folders. The link to /data itself cannot be deleted so.
c.FileContentsManager.delete_to_trash = False
c.FileContentsManager.always_delete_dir = True

# Nothing here asks the internet.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
# There is no nodejs to build with, and each page would make the server warn about it.
c.ServerApp.tornado_settings = {"page_config_data": {"buildAvailable": False, "buildCheck": False}}
