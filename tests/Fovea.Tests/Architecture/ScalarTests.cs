using System.Reflection;
using Fovea.Torch;
using TorchSharp;
using Xunit;

namespace Fovea.Tests.Architecture;

/// <summary>
/// TorchSharp's scalars are not kept alive while native code reads them (docs/decisions/0004). What makes one, in our code or inside
/// TorchSharp, is found in the compiled code, since the analyzer sees neither what TorchSharp does within nor every operator (not <c>x += y</c>).
/// </summary>
public sealed class ScalarTests
{
    private static readonly Assembly TorchSharp = typeof(torch.Tensor).Assembly;

    public static TheoryData<string> Rooms => [.. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"), "Fovea.*")
        .Select(f => Path.GetFileName(f)!).Where(r => r != typeof(TensorNumbers).Assembly.GetName().Name)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Only_the_room_that_holds_scalars_makes_any(string room)
    {
        var makers = Makers();
        var calls = CalledMethods.Of(Assembly.Load(room == "Fovea.Cli" ? "fovea" : room))
            .SelectMany(m => CalledMethods.In(m)
                .Where(c => c.Module == TorchSharp.ManifestModule && makers.Contains(c.MetadataToken))
                .Select(c => $"{CalledMethods.NameOf(m)} calls {CalledMethods.NameOf(c)}"))
            .Distinct();
        Assert.Empty(calls);
    }

    [Fact]
    public void Sums_and_squares_of_tensors_make_scalars_within_TorchSharp()
    {
        // Else the walk sees nothing, and the test above cannot fail.
        var makers = Makers();
        foreach (var method in new[] { nameof(torch.Tensor.add), nameof(torch.Tensor.add_) })
        {
            Assert.Contains(typeof(torch.Tensor).GetMethod(method, [typeof(torch.Tensor)])!.MetadataToken, makers);
        }

        Assert.Contains(typeof(torch.Tensor).GetMethod(nameof(torch.Tensor.square))!.MetadataToken, makers);
        Assert.DoesNotContain(typeof(torch.Tensor).GetMethod(nameof(torch.Tensor.mul), [typeof(torch.Tensor)])!.MetadataToken, makers);
    }

    /// <summary>Of TorchSharp's methods, those that make a scalar or call one that does, by token.</summary>
    private static HashSet<int> Makers()
    {
        var methods = CalledMethods.Of(TorchSharp).ToArray();
        var callers = methods
            .SelectMany(m => CalledMethods.In(m).Where(c => c.Module == TorchSharp.ManifestModule)
                .Select(c => (Caller: m.MetadataToken, Called: c.MetadataToken)))
            .ToLookup(c => c.Called, c => c.Caller);
        var makers = new HashSet<int>();
        var open = new Stack<int>(methods.Where(m => m.IsConstructor && m.DeclaringType!.FullName == "TorchSharp.Scalar").Select(m => m.MetadataToken));
        while (open.TryPop(out var made))
        {
            if (makers.Add(made))
            {
                foreach (var caller in callers[made])
                {
                    open.Push(caller);
                }
            }
        }

        return makers;
    }
}
