using Fovea.Training.State;

namespace Fovea.Training.Checkpoints;

/// <summary>The checkpoints that a run makes: the copy in memory, and the thread that writes it while training continues.</summary>
/// <param name="store">Where they are.</param>
/// <param name="snapshot">The tensors that training changes; disposed of with this.</param>
/// <param name="files">The disk.</param>
internal sealed class RunCheckpoints(CheckpointStore store, Snapshot snapshot, IFileLayer files) : IDisposable
{
    private readonly CheckpointWriter _writer = new(store, files);
    private long _saved;

    /// <summary>Bytes of the copy.</summary>
    public long Bytes => snapshot.Bytes;

    /// <summary>Where the newest whole checkpoint is, in words.</summary>
    public string LastGood => _writer.LastWhole is { } step ? store.PathOf(step) : "none";

    /// <summary>Sets the memory of the copy aside.</summary>
    public void Reserve() => snapshot.Reserve();

    /// <summary>Takes up a checkpoint's tensors.</summary>
    /// <exception cref="Core.Errors.FoveaException">A tensor is missing or has another shape.</exception>
    public void Restore(TrainerState state)
    {
        snapshot.Restore(store.PathOf(state.Step));
        _writer.LastWhole = _saved = state.Step;
    }

    /// <summary>Begins to write a checkpoint, unless that of this step is there or no step was made.</summary>
    /// <exception cref="Core.Errors.FoveaException">It cannot be written.</exception>
    public void Save(TrainerState state)
    {
        if (state.Step == _saved)
        {
            return;
        }

        _writer.Finish();
        _writer.Begin(state, snapshot.Take());
        _saved = state.Step;
    }

    /// <inheritdoc cref="CheckpointWriter.Poll"/>
    public void Poll() => _writer.Poll();

    /// <inheritdoc cref="CheckpointWriter.Finish"/>
    public void Finish() => _writer.Finish();

    /// <summary>Folder of the best checkpoint; null if there is none, or it is damaged.</summary>
    public string? PathOf(BestCheckpoint? best, Action<string> notice) => best is not null && store.IsWhole(best.Step, notice) ? store.PathOf(best.Step) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        snapshot.Dispose();
    }
}
