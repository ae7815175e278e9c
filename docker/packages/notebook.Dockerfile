# The notebook's image with the packages and jars that its cluster's image has: the same files, taken out of that image.
# pip does not run a second time: on another day it would choose other versions.

ARG PACKAGES
ARG IMAGE

FROM ${PACKAGES} AS packages
USER root
RUN mkdir /added \
 && tar --directory / --null --no-recursion --files-from=/opt/spark-swarm/packages.list -cf - | tar --directory /added -xpf -

FROM ${IMAGE} AS files
USER root
COPY --from=packages /added/ /added/
COPY packages/check-notebook /packages/
RUN /packages/check-notebook /added

FROM ${IMAGE}
COPY --from=files /added/ /
