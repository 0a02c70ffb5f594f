namespace Fovea.Verification.Checks;

/// <summary>Collects the checks of one case. A quantity that cannot be computed is a failed check; the others go on.</summary>
internal sealed class CheckList(string name, string kind)
{
    private readonly List<Check> _checks = [];

    public IReadOnlyList<Check> Found => _checks;

    /// <summary>Computes a difference and judges it.</summary>
    public void Measure(string quantity, Func<Difference> compute)
    {
        try
        {
            var found = compute();
            _checks.Add(new Check(name, kind, quantity, found.Largest, found.Allowed, found.IsAllowed ? Verdict.Passed : Verdict.Failed,
                found.IsAllowed ? null : found.Where));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Fail(quantity, e);
        }
    }

    /// <summary>Runs a part of the case that yields checks of its own; what it throws is one failed check.</summary>
    public void Attempt(string quantity, Action part)
    {
        try
        {
            part();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Fail(quantity, e);
        }
    }

    public void Fail(string quantity, string reason) =>
        _checks.Add(new Check(name, kind, quantity, null, null, Verdict.Failed, new FoveaException(reason).Message));

    // Native libraries append their stack to the message; the first line says what happened.
    private void Fail(string quantity, Exception e) => Fail(quantity, e is FoveaException ? e.Message : $"could not be computed: {e.Message.Split('\n')[0]}");
}
