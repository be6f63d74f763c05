# What the resource "aws_ecs_task_definition" gains: each list is to be joined to what
# its container has.
# The image of web has to change too: 1 line (-f dockerfile).
# Not enough for api: 1 path is left to do by hand (-f text says which).
  container_definitions = jsonencode([
    {
      name                   = "web"
      readonlyRootFilesystem = true
      linuxParameters = {
        tmpfs = [
          # short-lived files, at most 2.3 MiB seen
          {
            containerPath = "/tmp"
            size          = 64
            mountOptions  = ["noexec", "nosuid", "nodev", "uid=101", "gid=101", "mode=1777"]
          },
        ]
      }
      mountPoints = [
        # files of the image are changed there\nand "kept"
        {
          sourceVolume  = "var-lib-app"
          containerPath = "/var/lib/app"
          readOnly      = false
        },
      ]
      environment = [
        # python looks there
        { name = "TMPDIR", value = "/tmp/$\u007bx} %\u007by} $z" },
      ]
    },
    {
      name                   = "api"
      readonlyRootFilesystem = true
      mountPoints = [
        # replicas share it
        {
          sourceVolume  = "srv-shared"
          containerPath = "/srv/shared"
          readOnly      = false
        },
      ]
    },
  ])

  volume {
    name = "var-lib-app"
  }

  volume {
    name = "srv-shared"
    efs_volume_configuration {
      file_system_id     = "fs-REPLACE-ME" # your file system
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = "fsap-REPLACE-ME" # its POSIX user owns what is in it
      }
    }
  }
