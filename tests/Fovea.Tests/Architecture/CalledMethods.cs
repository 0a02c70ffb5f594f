using System.Reflection;
using System.Reflection.Emit;

namespace Fovea.Tests.Architecture;

/// <summary>What methods call, read from their compiled code.</summary>
internal static class CalledMethods
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
    private const byte TwoBytes = 0xFE;

    private static readonly Dictionary<short, OpCode> OpCodes =
        typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => o.Value);

    /// <summary>All methods and constructors of an assembly, those that the compiler made included.</summary>
    public static IEnumerable<MethodBase> Of(Assembly assembly) =>
        assembly.GetTypes().SelectMany(t => t.GetMethods(Declared).Concat<MethodBase>(t.GetConstructors(Declared)));

    /// <summary>The methods that a method calls or refers to, generic ones by their definitions.</summary>
    public static IEnumerable<MethodBase> In(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            short value = code[at++];
            var op = OpCodes[value == TwoBytes ? (short)((TwoBytes << 8) | code[at++]) : value];
            if (op.OperandType is OperandType.InlineMethod or OperandType.InlineTok && Resolve(method, BitConverter.ToInt32(code, at)) is { } called)
            {
                yield return called;
            }

            at += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    /// <summary>A name that tells overloads apart.</summary>
    public static string NameOf(MethodBase method) =>
        $"{method.DeclaringType!.FullName}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";

    private static MethodBase? Resolve(MethodBase from, int token)
    {
        var ofType = from.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var ofMethod = from.IsGenericMethod ? from.GetGenericArguments() : null;
        var called = from.Module.ResolveMember(token, ofType, ofMethod) as MethodBase;
        return called is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : called;
    }
}
