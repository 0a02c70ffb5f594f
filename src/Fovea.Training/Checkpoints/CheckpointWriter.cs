using System.Security.Cryptography;
using Fovea.Training.State;

namespace Fovea.Training.Checkpoints;

/// <summary>
/// Writes checkpoints beside the training thread, one at a time. The thread hashes and writes memory that was laid out before it starts. Folders are named,
/// checksums are noted and old checkpoints are removed on the training thread, by the first call after the bytes are on the disk.
/// </summary>
/// <param name="store">Where checkpoints are.</param>
/// <param name="files">The disk.</param>
/// <param name="pieceBytes">Most bytes that are hashed and written at a time.</param>
internal sealed class CheckpointWriter(CheckpointStore store, IFileLayer files, int pieceBytes = 16 << 20) : IDisposable
{
    private CheckpointJob? _job;

    /// <summary>Step of the newest checkpoint that is whole on the disk; null if there is none.</summary>
    public long? LastWhole { get; set; }

    /// <summary>Starts writing what was copied. What an earlier call began is finished first.</summary>
    /// <param name="state">Of the run; its files are filled in here.</param>
    /// <param name="snapshot">Memory that stays as it is until the next call.</param>
    /// <exception cref="FoveaException">The checkpoint cannot be written.</exception>
    public void Begin(TrainerState state, IReadOnlyList<SnapshotFile> snapshot)
    {
        Finish();
        var job = new CheckpointJob(state, store.AsideOf(state.Step));
        try
        {
            files.CreateFolder(store.Folder);
            files.Delete(job.Folder);
            files.CreateFolder(job.Folder);
            foreach (var file in snapshot)
            {
                var target = new CheckpointTarget(file, files.Create(Path.Combine(job.Folder, file.Name)),
                    IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
                job.Targets.Add(target);
                target.Stream.Write(file.Header);
                target.Hash.AppendData(file.Header);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Abandon(job);
            throw Failed(job, e);
        }

        job.Thread = new Thread(() => Write(job)) { IsBackground = true, Name = "checkpoint" };
        _job = job;
        job.Thread.Start();
    }

    /// <summary>Completes a checkpoint whose bytes are on the disk; does not wait.</summary>
    /// <exception cref="FoveaException">It could not be written.</exception>
    public void Poll()
    {
        if (_job is { Thread.IsAlive: false })
        {
            Finish();
        }
    }

    /// <summary>Waits for the checkpoint at work and completes it.</summary>
    /// <exception cref="FoveaException">It could not be written.</exception>
    public void Finish()
    {
        if (_job is not { } job)
        {
            return;
        }

        _job = null;
        job.Thread!.Join();
        job.Close();
        if (job.Failure is { } failure)
        {
            Abandon(job);
            throw Failed(job, failure);
        }

        try
        {
            var hashes = job.Targets.ToDictionary(t => t.File.Name, t => Convert.ToHexStringLower(t.Hash.GetHashAndReset()));
            store.Commit(job.Folder, job.State with { Files = new SortedDictionary<string, string>(hashes, StringComparer.Ordinal) });
            LastWhole = job.State.Step;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Abandon(job);
            throw Failed(job, e);
        }
    }

    /// <summary>Completes what was begun; one that fails is left out without a word, since this also runs while another error is on its way.</summary>
    public void Dispose()
    {
        try
        {
            Finish();
        }
        catch (FoveaException)
        {
        }
    }

    private void Write(CheckpointJob job)
    {
        try
        {
            foreach (var target in job.Targets)
            {
                foreach (var (address, bytes) in target.File.Parts)
                {
                    Write(target, address, bytes);
                }

                files.FlushToDisk(target.Stream);
            }
        }
        catch (Exception e) // told on the training thread
        {
            job.Failure = e;
        }
    }

    private unsafe void Write(CheckpointTarget target, nint address, long bytes)
    {
        for (var done = 0L; done < bytes; done += pieceBytes)
        {
            var chunk = new ReadOnlySpan<byte>((byte*)address + done, (int)Math.Min(pieceBytes, bytes - done));
            target.Hash.AppendData(chunk);
            target.Stream.Write(chunk);
        }
    }

    private FoveaException Failed(CheckpointJob job, Exception e)
    {
        var last = LastWhole is { } step ? store.PathOf(step) : "none";
        return new FoveaException(
            $"checkpoint of step {job.State.Step} cannot be written to {store.Folder}: {DiskError.Reason(e)}; last good checkpoint: {last}; once it can be "
                + $"written, give --resume", e);
    }

    private void Abandon(CheckpointJob job)
    {
        job.Close();
        try
        {
            files.Delete(job.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here matters more than a leftover, which the next run clears away.
        }
    }
}
