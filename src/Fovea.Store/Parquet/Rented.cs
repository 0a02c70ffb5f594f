using System.Buffers;

namespace Fovea.Store.Parquet;

/// <summary>
/// A buffer of the shared pool for the time of a call; what it holds at first is undefined. A shard's columns are large enough
/// for the large object heap, and a new array for each would make every collection a full one.
/// </summary>
internal readonly struct Rented<T>(int length) : IDisposable
{
    private readonly T[] _array = ArrayPool<T>.Shared.Rent(length);

    public Memory<T> Memory => _array.AsMemory(0, length);

    public Span<T> Span => _array.AsSpan(0, length);

    public T[] Array => _array;

    public void Dispose() => ArrayPool<T>.Shared.Return(_array);
}
