# Static binary, no shell, not root, nothing to write to but /data. The image is
# for production: the sandbox is not in it. With --build-arg TAGS=nomsgpack it
# is, for trying things out.
FROM golang:1.26.8 AS build
ARG TAGS=nosandbox,nomsgpack
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -tags "$TAGS" -o /out/consentry ./cmd/consentry \
 && mkdir -p /out/data && chmod 700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/consentry /consentry
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# An image from scratch has no home and no /tmp. Settings and secrets come with
# the start, as files and variables, and never with the image.
ENV HOME=/data TMPDIR=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/consentry"]
CMD ["serve"]
