namespace Fovea.Models.Checkpoints;

/// <summary>The stack and the memo of an unpickler, held to a budget of memory, since one byte of a pickle may ask for a hundred.</summary>
internal sealed class PickleStack(PickleReader reader)
{
    private const long MaxBytes = 32 << 20, MaxKey = 1 << 22;
    private readonly List<object?> _items = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private long _bytes;

    /// <summary>Puts a value on the stack.</summary>
    /// <param name="value">The value.</param>
    /// <param name="bytes">About what it occupies, apart from its place on the stack.</param>
    public void Push(object? value, long bytes = 0)
    {
        Charge(16 + bytes);
        _items.Add(value);
    }

    public object? Pop()
    {
        var top = Peek();
        _items.RemoveAt(_items.Count - 1);
        return top;
    }

    public T Pop<T>(string expected) => Pop() is T value ? value : throw reader.Error($"expected {expected}");

    /// <summary>The topmost value. What lies below a mark belongs to whoever made it.</summary>
    public object? Peek() => _items.Count > (_marks.Count > 0 ? _marks.Peek() : 0) ? _items[^1] : throw reader.Error("the stack is empty");

    public T Peek<T>(string expected) => Peek() is T value ? value : throw reader.Error($"expected {expected}");

    public void Mark()
    {
        Charge(16);
        _marks.Push(_items.Count);
    }

    /// <summary>Takes all values above the last mark, and the mark.</summary>
    public object?[] PopMarked()
    {
        var mark = _marks.Count > 0 ? _marks.Pop() : throw reader.Error("no mark on the stack");
        var count = _items.Count - mark;
        Charge(24 + (8L * count));
        object?[] items = [.. _items.GetRange(mark, count)];
        _items.RemoveRange(mark, count);
        return items;
    }

    public void Remember(long key)
    {
        Charge(64);
        _memo[key <= MaxKey ? key : throw reader.Error($"remembers a value as {key}; expected at most {MaxKey}")] = Peek();
    }

    /// <summary>Remembers the topmost value under the next number.</summary>
    public void Remember() => Remember(_memo.Count);

    public void Recall(long key) => Push(_memo.TryGetValue(key, out var value) ? value : throw reader.Error($"nothing is remembered as {key}"));

    /// <summary>Counts memory against the budget.</summary>
    public void Charge(long bytes)
    {
        _bytes += bytes;
        if (_bytes > MaxBytes)
        {
            throw reader.Error($"asks for more than {MaxBytes >> 20} MB of objects beside its tensors");
        }
    }
}
