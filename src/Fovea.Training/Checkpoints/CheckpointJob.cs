using System.Security.Cryptography;
using Fovea.Training.State;

namespace Fovea.Training.Checkpoints;

/// <summary>A checkpoint on its way to the disk.</summary>
/// <param name="state">To be written last.</param>
/// <param name="folder">Beside its place.</param>
internal sealed class CheckpointJob(TrainerState state, string folder)
{
    public TrainerState State => state;

    public string Folder => folder;

    public List<CheckpointTarget> Targets { get; } = [];

    public Thread? Thread { get; set; }

    /// <summary>What stopped the thread; null if nothing did.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Closes all files. A full disk may refuse the last buffered bytes: that is a failure too.</summary>
    public void Close()
    {
        foreach (var target in Targets)
        {
            try
            {
                target.Stream.Dispose();
            }
            catch (IOException e)
            {
                Failure ??= e;
            }
        }
    }
}

/// <summary>One file of it: what to write, where to, and the checksum so far.</summary>
internal sealed record CheckpointTarget(SnapshotFile File, Stream Stream, IncrementalHash Hash);
