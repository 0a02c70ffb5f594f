namespace Fovea.Models.Checkpoints;

/// <summary>
/// The tensors of an unpickled value by dotted names: <c>{"model": {"projector": {"weight": T}}}</c> holds <c>model.projector.weight</c>;
/// items of lists have their numbers.
/// </summary>
internal sealed class StateDictionary
{
    private const int MaxDepth = 32, MaxValues = 4_000_000;
    private const long MaxNameCharacters = 8 << 20;
    private readonly string _file;
    private int _values;
    private long _characters;

    private StateDictionary(string file) => _file = file;

    private Dictionary<string, TorchTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>All tensors. Other values (the number of an epoch, say) are not weights and are passed over.</summary>
    /// <exception cref="InvalidInputException">There are none, two have one name, or the nesting is absurd.</exception>
    public static Dictionary<string, TorchTensor> Flatten(object? value, string file)
    {
        var state = new StateDictionary(file);
        state.Visit("", value, 0);
        return state.Tensors.Count > 0
            ? state.Tensors
            : throw new InvalidInputException(file, null, "holds no named tensors; expected a state_dict");
    }

    private void Visit(string name, object? value, int depth)
    {
        switch (value)
        {
            case TorchTensor tensor when name.Length > 0:
                Add(name, tensor);
                break;
            case PickleDictionary dictionary:
                foreach (var (key, item) in dictionary)
                {
                    VisitItem(name, key, item, depth);
                }

                break;
            case IReadOnlyList<object?> list: // a list, or an array for a tuple
                for (var i = 0; i < list.Count; i++)
                {
                    VisitItem(name, i.ToString(CultureInfo.InvariantCulture), list[i], depth);
                }

                break;
        }
    }

    private void VisitItem(string name, string key, object? item, int depth)
    {
        if (depth > MaxDepth || ++_values > MaxValues)
        {
            throw new InvalidInputException(_file, null,
                $"'{Quoted.Shorten(name)}': expected at most {MaxDepth} levels and {MaxValues} values; is the state_dict part of itself?");
        }

        if (item is not (TorchTensor or PickleDictionary or IReadOnlyList<object?>))
        {
            return;
        }

        var full = name.Length == 0 ? key : $"{name}.{key}";
        _characters += full.Length;
        if (_characters > MaxNameCharacters)
        {
            throw new InvalidInputException(_file, null, $"the names of its tensors have more than {MaxNameCharacters} characters");
        }

        Visit(full, item, depth + 1);
    }

    private void Add(string name, TorchTensor tensor)
    {
        if (!Tensors.TryAdd(name, tensor))
        {
            throw new InvalidInputException(_file, null, $"two tensors have the name '{Quoted.Shorten(name)}'");
        }
    }
}
